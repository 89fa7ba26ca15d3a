#include "servers/probe-code.h"

#include <string.h>

static gboolean
is_tls (const LaneUri *uri)
{
  return uri->scheme == LANE_URI_STUNS || uri->scheme == LANE_URI_TURNS;
}

static gboolean
is_turn (const LaneUri *uri)
{
  return uri->scheme == LANE_URI_TURN || uri->scheme == LANE_URI_TURNS;
}

static const char *
protocol_of (const LaneUri *uri)
{
  return uri->protocol == LANE_PROTOCOL_UDP ? "UDP" : "TCP";
}

/* The URI as it would have to be written for the same host and port without TLS. */
static char *
plain_uri (const LaneUri *uri, LaneProtocol protocol)
{
  LaneUri plain = *uri;

  plain.scheme = is_turn (uri) ? LANE_URI_TURN : LANE_URI_STUN;
  plain.protocol = plain.scheme == LANE_URI_STUN ? LANE_PROTOCOL_UDP : protocol;
  return lane_uri_to_string (&plain);
}

static const char *
detail_or (const LaneProbeFault *fault, const char *otherwise)
{
  return fault->detail != NULL && *fault->detail != '\0' ? fault->detail : otherwise;
}

static char *
refused_text (const LaneUri *uri)
{
  if (uri->protocol == LANE_PROTOCOL_UDP)
    return g_strdup_printf ("nobody listens on UDP port %u (ICMP port unreachable)", uri->port);
  return g_strdup_printf ("nobody accepts TCP on port %u (refused)%s", uri->port,
                          is_tls (uri) ? ", and TLS needs it" : "");
}

static char *
timeout_text (const LaneProbeFault *fault, const LaneUri *uri)
{
  switch (fault->step) {
  case LANE_PROBE_STEP_CONNECT:
    return g_strdup_printf ("no answer to a TCP connection to port %u", uri->port);
  case LANE_PROBE_STEP_TLS:
    return g_strdup_printf ("accepts TCP on port %u, but stays silent when TLS begins", uri->port);
  case LANE_PROBE_STEP_STUN:
    if (uri->protocol == LANE_PROTOCOL_UDP)
      return g_strdup ("no answer to 3 STUN requests over UDP");
    return g_strdup_printf ("accepts %s on port %u, but does not answer STUN",
                            is_tls (uri) ? "TLS" : "TCP", uri->port);
  case LANE_PROBE_STEP_ALLOCATE:
    return g_strdup ("no answer to an Allocate request");
  case LANE_PROBE_STEP_PERMISSION:
    return g_strdup ("gave a relay address, then no answer to CreatePermission");
  case LANE_PROBE_STEP_REFRESH:
    return g_strdup ("gave a relay address, then no answer to Refresh");
  case LANE_PROBE_STEP_DNS:
    break;
  }
  return g_strdup ("no answer");
}

static char *
with_detail (const char *text, const LaneProbeFault *fault)
{
  if (fault->detail == NULL || *fault->detail == '\0')
    return g_strdup (text);
  return g_strdup_printf ("%s: %s", text, fault->detail);
}

static char *
wrong_name_text (const LaneProbeFault *fault, const LaneUri *uri)
{
  if (fault->detail == NULL || *fault->detail == '\0')
    return g_strdup_printf ("its certificate names no host, so it is not for %s", uri->host);
  return g_strdup_printf ("its certificate is for %s, not for %s", fault->detail, uri->host);
}

static char *
unauthorized_text (const LaneProbeFault *fault)
{
  if (fault->detail == NULL)
    return g_strdup ("refused the user name or password (401)");
  return g_strdup_printf ("refused the user name or password (401, realm %s)", fault->detail);
}

static char *
stun_error_text (const LaneProbeFault *fault)
{
  if (fault->detail == NULL || *fault->detail == '\0')
    return g_strdup_printf ("answers with STUN error %d", fault->stun_code);
  return g_strdup_printf ("answers with STUN error %d (%s)", fault->stun_code, fault->detail);
}

char *
lane_probe_fault_to_text (const LaneProbeFault *fault, const LaneUri *uri)
{
  switch (fault->code) {
  case LANE_PROBE_OK:
    return NULL;
  case LANE_PROBE_DNS_NOT_FOUND:
    return g_strdup_printf ("DNS: the name %s does not exist or has no address", uri->host);
  case LANE_PROBE_DNS_FAILED:
    return g_strdup ("DNS: the name server cannot be reached or cannot answer now");
  case LANE_PROBE_DNS_TIMEOUT:
    return g_strdup_printf ("DNS: no answer for %s in time", uri->host);
  case LANE_PROBE_REFUSED:
    return refused_text (uri);
  case LANE_PROBE_UNREACHABLE:
    return with_detail ("the network says that the server cannot be reached", fault);
  case LANE_PROBE_TIMEOUT:
    return timeout_text (fault, uri);
  case LANE_PROBE_CLOSED:
    return g_strdup_printf ("closed the %s connection without an answer",
                            fault->step == LANE_PROBE_STEP_TLS || !is_tls (uri) ? "TCP" : "TLS");
  case LANE_PROBE_UDP_ONLY:
    return g_strdup_printf ("port %u is a UDP server: it answers STUN over UDP and refuses TCP%s",
                            uri->port, is_tls (uri) ? ", which TLS needs" : "");
  case LANE_PROBE_NOT_TLS:
    return g_strdup_printf ("does not speak TLS on TCP port %u", uri->port);
  case LANE_PROBE_TLS_FAILED:
    return with_detail ("TLS could not be agreed on", fault);
  case LANE_PROBE_CERT_UNKNOWN_CA:
    return g_strdup_printf ("its certificate comes from an authority that is not trusted here: %s",
                            detail_or (fault, "one without a name"));
  case LANE_PROBE_CERT_WRONG_NAME:
    return wrong_name_text (fault, uri);
  case LANE_PROBE_CERT_EXPIRED:
    return g_strdup_printf ("its certificate expired on %s", detail_or (fault, "an unknown date"));
  case LANE_PROBE_CERT_NOT_YET_VALID:
    return g_strdup_printf ("its certificate is valid only from %s",
                            detail_or (fault, "an unknown date"));
  case LANE_PROBE_CERT_REVOKED:
    return g_strdup ("its certificate has been revoked");
  case LANE_PROBE_CERT_INSECURE:
    return g_strdup ("its certificate uses an algorithm or key that is no longer safe");
  case LANE_PROBE_CA_FILE:
    return with_detail ("ca-file cannot be used", fault);
  case LANE_PROBE_NOT_STUN:
    return g_strdup_printf ("answers on %s port %u with something that is not STUN",
                            is_tls (uri) ? "TLS" : protocol_of (uri), uri->port);
  case LANE_PROBE_NOT_TURN:
    return g_strdup ("answers STUN, but not TURN");
  case LANE_PROBE_NO_ADDRESS:
    return g_strdup ("answers STUN without our address");
  case LANE_PROBE_BAD_SIGNATURE:
    return g_strdup ("its answers are not signed with our password");
  case LANE_PROBE_CREDENTIALS_UNKNOWN:
    return with_detail ("needs a user name and password, and there are none", fault);
  case LANE_PROBE_CREDENTIALS_EXPIRED:
    return g_strdup_printf ("the short-lived user name expired on %s (401)",
                            detail_or (fault, "an unknown date"));
  case LANE_PROBE_WRONG_REALM:
    return g_strdup_printf ("the user belongs to another realm than the server's, %s (%d)",
                            detail_or (fault, "which it does not name"), fault->stun_code);
  case LANE_PROBE_UNAUTHORIZED:
    return unauthorized_text (fault);
  case LANE_PROBE_FORBIDDEN:
    return g_strdup ("does not let this user or address have a relay (403)");
  case LANE_PROBE_PEER_FORBIDDEN:
    return g_strdup_printf ("gives a relay address, but does not relay to %s (403)",
                            detail_or (fault, "peers"));
  case LANE_PROBE_ALLOCATION_MISMATCH:
    return g_strdup ("says that our port has another allocation already (437)");
  case LANE_PROBE_STALE_NONCE:
    return g_strdup ("calls each nonce stale that it has just given us (438)");
  case LANE_PROBE_WRONG_CREDENTIALS:
    return g_strdup ("says that the allocation was made with other credentials (441)");
  case LANE_PROBE_NO_UDP_RELAY:
    return g_strdup ("does not relay UDP (442)");
  case LANE_PROBE_QUOTA:
    return g_strdup ("this user has as many allocations as the server grants (486)");
  case LANE_PROBE_NO_CAPACITY:
    return g_strdup ("the server has no relay ports left (508)");
  case LANE_PROBE_REDIRECTED:
    return with_detail ("sends us to another server that we cannot use (300)", fault);
  case LANE_PROBE_STUN_ERROR:
    return stun_error_text (fault);
  case LANE_PROBE_LINK_FAILED:
    return g_strdup (detail_or (fault, "a link could not use it"));
  }
  g_return_val_if_reached (NULL);
}

static char *
timeout_advice (const LaneProbeFault *fault, const LaneUri *uri)
{
  if (fault->step == LANE_PROBE_STEP_TLS)
    return g_strdup ("This is probably not a TLS port: check it (often 5349 or 443)");
  if (fault->step == LANE_PROBE_STEP_CONNECT)
    return g_strdup ("Check address and port, and that firewalls let TCP out to it");
  if (fault->step != LANE_PROBE_STEP_STUN)
    return g_strdup ("Look at the server's log; if it is overloaded, add another server");
  if (uri->protocol != LANE_PROTOCOL_UDP)
    return g_strdup ("Check the port: another service may listen there");
  return g_strdup_printf ("Check address and port; if a firewall drops UDP, %s",
                          is_turn (uri) ? "write ?transport=tcp or turns:"
                                        : "add a TURN server over TCP or TLS");
}

static char *
refused_advice (const LaneUri *uri)
{
  g_autofree char *plain = NULL;

  if (!is_tls (uri))
    return g_strdup ("Check the port, and that the server runs");
  plain = plain_uri (uri, LANE_PROTOCOL_UDP);
  return g_strdup_printf ("Check the port (TLS is often on 5349 or 443); for a UDP server write %s",
                          plain);
}

static char *
plain_advice (const LaneUri *uri, LaneProtocol protocol)
{
  g_autofree char *plain = plain_uri (uri, protocol);

  if (!is_tls (uri))
    return g_strdup_printf ("Write %s", plain);
  return g_strdup_printf (
      "Write the server's TLS port (often 5349 or 443), or %s to do without TLS", plain);
}

static char *
not_turn_advice (const LaneUri *uri)
{
  LaneUri stun = *uri;
  g_autofree char *text = NULL;

  stun.scheme = is_tls (uri) ? LANE_URI_STUNS : LANE_URI_STUN;
  stun.protocol = is_tls (uri) ? LANE_PROTOCOL_TCP : LANE_PROTOCOL_UDP;
  text = lane_uri_to_string (&stun);
  return g_strdup_printf ("Write %s if it is a STUN server, or turn TURN on there", text);
}

char *
lane_probe_fault_to_advice (const LaneProbeFault *fault, const LaneUri *uri)
{
  switch (fault->code) {
  case LANE_PROBE_OK:
    return NULL;
  case LANE_PROBE_DNS_NOT_FOUND:
    return g_strdup ("Check how the host is spelled in uri");
  case LANE_PROBE_DNS_FAILED:
  case LANE_PROBE_DNS_TIMEOUT:
    return g_strdup ("Check this machine's DNS, or write the server's IP address in uri");
  case LANE_PROBE_REFUSED:
    return refused_advice (uri);
  case LANE_PROBE_UNREACHABLE:
    return g_strdup ("Check this machine's network, and that the address is right");
  case LANE_PROBE_TIMEOUT:
    return timeout_advice (fault, uri);
  case LANE_PROBE_CLOSED:
    return g_strdup ("Check the port: another service may listen there");
  case LANE_PROBE_UDP_ONLY:
    return plain_advice (uri, LANE_PROTOCOL_UDP);
  case LANE_PROBE_NOT_TLS:
    return plain_advice (uri, LANE_PROTOCOL_TCP);
  case LANE_PROBE_TLS_FAILED:
    return g_strdup ("Turn on TLS 1.2 or 1.3 with common ciphers on the server");
  case LANE_PROBE_CERT_UNKNOWN_CA:
    return g_strdup ("Set ca-file to that authority's certificate, or get the server one from a "
                     "public authority, with the whole chain");
  case LANE_PROBE_CERT_WRONG_NAME:
    return g_strdup_printf ("Write a name from the certificate in uri, or get one for %s",
                            uri->host);
  case LANE_PROBE_CERT_EXPIRED:
    return g_strdup ("Renew the certificate on the server, and restart it there");
  case LANE_PROBE_CERT_NOT_YET_VALID:
    return g_strdup ("Check this machine's clock, then the certificate on the server");
  case LANE_PROBE_CERT_REVOKED:
  case LANE_PROBE_CERT_INSECURE:
    return g_strdup ("Get the server a new certificate");
  case LANE_PROBE_CA_FILE:
    return g_strdup ("Set ca-file to a file of certificates in PEM form that this user can read");
  case LANE_PROBE_NOT_STUN:
    return g_strdup ("Check the port: another service listens there");
  case LANE_PROBE_NOT_TURN:
    return not_turn_advice (uri);
  case LANE_PROBE_NO_ADDRESS:
    return g_strdup ("Use another STUN server");
  case LANE_PROBE_BAD_SIGNATURE:
    return g_strdup ("Check the password; something on the way may change packets");
  case LANE_PROBE_CREDENTIALS_UNKNOWN:
    return g_strdup ("Set username and password-command, password-file or auth-secret-command "
                     "for this server");
  case LANE_PROBE_CREDENTIALS_EXPIRED:
    return g_strdup ("Put in a fresh user name and password, or set auth-secret-command so that "
                     "icelane makes them itself");
  case LANE_PROBE_WRONG_REALM:
    return g_strdup ("Use a user of the server's realm, or correct realm on the server");
  case LANE_PROBE_UNAUTHORIZED:
    return g_strdup ("Check username and password of this server");
  case LANE_PROBE_FORBIDDEN:
    return g_strdup ("Ask the server's operator to allow it, or use another user");
  case LANE_PROBE_PEER_FORBIDDEN:
    return g_strdup ("Check denied-peer-ip and allowed-peer-ip on the server");
  case LANE_PROBE_ALLOCATION_MISMATCH:
    return g_strdup ("It ends with the other allocation, in 10 min at most; if it stays, a NAT "
                     "on the way gives one port to several clients");
  case LANE_PROBE_STALE_NONCE:
    return g_strdup ("Check the server's clock and stale-nonce; a load balancer must keep a client "
                     "on one server");
  case LANE_PROBE_WRONG_CREDENTIALS:
    return g_strdup ("Check that nobody else uses this address and port with another user");
  case LANE_PROBE_NO_UDP_RELAY:
    return g_strdup ("Turn UDP relaying on at the server, or use another server");
  case LANE_PROBE_QUOTA:
    return g_strdup ("Raise user-quota on the server, or give this node a user of its own");
  case LANE_PROBE_NO_CAPACITY:
    return g_strdup ("Raise total-quota or widen the relay ports on the server, or add a server");
  case LANE_PROBE_REDIRECTED:
    return g_strdup ("Check alternate-server on the server");
  case LANE_PROBE_STUN_ERROR:
    return g_strdup ("Look the number up in RFC 8489 and RFC 8656, and at the server's log");
  case LANE_PROBE_LINK_FAILED:
    return g_strdup ("Links prefer other servers for a minute; if it stays, test this one");
  }
  g_return_val_if_reached (NULL);
}

const char *
lane_probe_code_to_string (LaneProbeCode code)
{
  static const char *const words[] = {
    [LANE_PROBE_OK] = "ok",
    [LANE_PROBE_DNS_NOT_FOUND] = "dns-not-found",
    [LANE_PROBE_DNS_FAILED] = "dns-failed",
    [LANE_PROBE_DNS_TIMEOUT] = "dns-timeout",
    [LANE_PROBE_REFUSED] = "refused",
    [LANE_PROBE_UNREACHABLE] = "unreachable",
    [LANE_PROBE_TIMEOUT] = "timeout",
    [LANE_PROBE_CLOSED] = "closed",
    [LANE_PROBE_UDP_ONLY] = "udp-only",
    [LANE_PROBE_NOT_TLS] = "not-tls",
    [LANE_PROBE_TLS_FAILED] = "tls-failed",
    [LANE_PROBE_CERT_UNKNOWN_CA] = "cert-unknown-ca",
    [LANE_PROBE_CERT_WRONG_NAME] = "cert-wrong-name",
    [LANE_PROBE_CERT_EXPIRED] = "cert-expired",
    [LANE_PROBE_CERT_NOT_YET_VALID] = "cert-not-yet-valid",
    [LANE_PROBE_CERT_REVOKED] = "cert-revoked",
    [LANE_PROBE_CERT_INSECURE] = "cert-insecure",
    [LANE_PROBE_CA_FILE] = "ca-file",
    [LANE_PROBE_NOT_STUN] = "not-stun",
    [LANE_PROBE_NOT_TURN] = "not-turn",
    [LANE_PROBE_NO_ADDRESS] = "no-address",
    [LANE_PROBE_BAD_SIGNATURE] = "bad-signature",
    [LANE_PROBE_CREDENTIALS_UNKNOWN] = "credentials-unknown",
    [LANE_PROBE_CREDENTIALS_EXPIRED] = "credentials-expired",
    [LANE_PROBE_WRONG_REALM] = "wrong-realm",
    [LANE_PROBE_UNAUTHORIZED] = "unauthorized",
    [LANE_PROBE_FORBIDDEN] = "forbidden",
    [LANE_PROBE_PEER_FORBIDDEN] = "peer-forbidden",
    [LANE_PROBE_ALLOCATION_MISMATCH] = "allocation-mismatch",
    [LANE_PROBE_STALE_NONCE] = "stale-nonce",
    [LANE_PROBE_WRONG_CREDENTIALS] = "wrong-credentials",
    [LANE_PROBE_NO_UDP_RELAY] = "no-udp-relay",
    [LANE_PROBE_QUOTA] = "quota",
    [LANE_PROBE_NO_CAPACITY] = "no-capacity",
    [LANE_PROBE_REDIRECTED] = "redirected",
    [LANE_PROBE_STUN_ERROR] = "stun-error",
    [LANE_PROBE_LINK_FAILED] = "link-failed",
  };

  g_return_val_if_fail (code < G_N_ELEMENTS (words), "stun-error");

  return words[code];
}

const char *
lane_probe_step_to_string (LaneProbeStepKind step)
{
  static const char *const words[] = {
    [LANE_PROBE_STEP_DNS] = "dns",           [LANE_PROBE_STEP_CONNECT] = "connect",
    [LANE_PROBE_STEP_TLS] = "tls",           [LANE_PROBE_STEP_STUN] = "stun",
    [LANE_PROBE_STEP_ALLOCATE] = "allocate", [LANE_PROBE_STEP_PERMISSION] = "permission",
    [LANE_PROBE_STEP_REFRESH] = "refresh",
  };

  g_return_val_if_fail (step < G_N_ELEMENTS (words), "dns");

  return words[step];
}

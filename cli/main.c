/* icelane: options, then one command. */
#include <locale.h>

#include "commands.h"

static const LaneCliCommand commands[] = {
  { NULL, "", "icelane --config lab.ini", "the dashboard; starts the node when none runs", 0, 0,
    lane_cli_dashboard },
  { "run", "", "icelane run --log-json", "the node, without a screen", 0, 0, lane_cli_run },
  { "status", "[PEER...]", "icelane status --json", "peers, servers and this node", 0, G_MAXUINT,
    lane_cli_status },
  { "connect", "PEER... | --all", "icelane connect cam-7 --wait", "keep a link to these peers", 0,
    G_MAXUINT, lane_cli_act },
  { "disconnect", "PEER... | --all", "icelane disconnect cam-7 --yes", "end these links", 0,
    G_MAXUINT, lane_cli_act },
  { "restart", "PEER... | --all", "icelane restart cam-7 --wait=10",
    "look for a new path, keeping the old one until it is found", 0, G_MAXUINT, lane_cli_act },
  { "hold", "PEER POLICY", "icelane hold cam-7 relay-only",
    "another policy for this peer while the node runs; `settings` ends it", 2, 2, lane_cli_hold },
  { "compare", "PEER", "icelane compare cam-7 --wait",
    "measure the kind of path not in use, relay or direct, while the link stays where it is", 1, 1,
    lane_cli_compare },
  { "wait", "PEER", "icelane wait cam-7 --direct --timeout 10", "return when a peer is connected",
    1, 1, lane_cli_wait },
  { "pairs", "PEER", "icelane pairs cam-7",
    "which candidate pairs were checked, and what came of it", 1, 1, lane_cli_pairs },
  { "candidates", "PEER", "icelane candidates cam-7", "the candidates of both sides", 1, 1,
    lane_cli_candidates },
  { "timeline", "PEER", "icelane timeline cam-7", "how long each step to a path took", 1, 1,
    lane_cli_timeline },
  { "history", "PEER", "icelane history cam-7 --day",
    "round trips, loss and path changes of the last 15 minutes, or of the day", 1, 1,
    lane_cli_history },
  { "network", "", "icelane network --json",
    "addresses, what the NAT does, ports seen and servers of this node", 0, 0, lane_cli_network },
  { "log", "[PEER]", "icelane log cam-7 -f", "what happened", 0, 1, lane_cli_log },
  { "report", "[PEER]", "icelane report cam-7",
    "what a ticket needs, addresses masked: a text and a JSON file", 0, 1, lane_cli_report },
  { "replay", "FILE|FOLDER...", "icelane replay ~/.local/state/icelane/record/cam-7.jsonl",
    "what was recorded, in the dashboard, with a cursor in time", 1, G_MAXUINT, lane_cli_replay },
  { "check", "[SERVER...|URI...]", "icelane check home --json",
    "test STUN and TURN servers step by step; needs no node", 0, G_MAXUINT, lane_cli_check },
  { "id", "", "icelane id --groups", "this node's id; makes its key at first use", 0, 0,
    lane_cli_id },
  { "reload", "", "icelane reload",
    "have the node read its settings file again, and say what came of it", 0, 0, lane_cli_reload },
  { "stop", "", "icelane stop", "end the node that runs in the background", 0, 0, lane_cli_stop },
  { "rendezvous", "", "icelane rendezvous --listen 0.0.0.0:8765",
    "the server through which nodes find each other", 0, 0, lane_cli_rendezvous },
  { "config",
    "check|path|list|get SECTION.KEY|set SECTION.KEY VALUE...|unset SECTION[.KEY]...|edit|"
    "import FILE|export|template",
    "icelane config set server.home.uri turn:turn.example.net", "look at the settings, change them",
    1, G_MAXUINT, lane_cli_config },
  { "themes", "[list|show NAME|check FILE]", "icelane themes show harbour",
    "what the dashboard can look like", 0, 2, lane_cli_themes },
  { "keys", "", "icelane keys --json", "the keys of the dashboard, with those of [keys]", 0, 0,
    lane_cli_keys },
  { "completion", "bash|zsh|fish", "icelane completion bash >> ~/.bash_completion",
    "what the shell needs to complete this command line", 1, 1, lane_cli_completion },
  { "help", "[COMMAND|exit-codes]", "icelane help restart", "what a command does", 0, 1,
    lane_cli_help },
  { 0 },
};

int
main (int argc, char **argv)
{
  g_auto (LaneCliOptions) options = { 0 };

  setlocale (LC_ALL, "");
  g_set_prgname ("icelane");
  if (!lane_cli_options_parse (&options, commands, argv))
    return LANE_EXIT_USAGE;
  if (options.version) {
    g_print ("icelane %s\n", ICELANE_VERSION);
    return LANE_EXIT_OK;
  }
  if (options.help) {
    lane_cli_print_help (&options);
    return LANE_EXIT_OK;
  }

  options.messages = lane_messages_install ();
  return options.command->run (&options);
}

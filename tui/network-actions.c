#include "network-actions.h"

#include "masking.h"
#include "network-rows.h"

/* NULL: there are no rows. Into @rows, which the caller unrefs. */
static const LaneNetworkRow *
find_selected (const LaneModel *model, GPtrArray **rows)
{
  guint row = model->network_list.selected;

  *rows = lane_network_rows_collect (model->network, model->snapshot, model->network_folded);
  return row < (*rows)->len ? g_ptr_array_index (*rows, row) : NULL;
}

void
lane_network_select (LaneModel *model, int row)
{
  g_autoptr (GPtrArray) rows = NULL;
  const LaneNetworkRow *selected;

  lane_list_select (&model->network_list, row);
  selected = find_selected (model, &rows);
  g_free (model->network_key);
  model->network_key = selected != NULL ? g_strdup (selected->key) : NULL;
}

static void
run_evidence (LaneModel *model, const char *argument)
{
  g_autoptr (GPtrArray) rows = NULL;
  const LaneNetworkRow *row = find_selected (model, &rows);

  if (row == NULL) {
    lane_model_say (model, "Nothing is known of the network yet.");
    return;
  }
  model->overlay = LANE_OVERLAY_RECORD;
  lane_list_select (&model->overlay_list, 0);
  g_free (model->overlay_text);
  model->overlay_text = lane_network_row_evidence (row, model->network, model->width - 10);
  g_free (model->overlay_title);
  model->overlay_title = g_strdup_printf ("Evidence: %s", row->name);
}

static void
check (LaneModel *model, const char *server)
{
  if (!model->attached)
    lane_model_complain (model, "no node is there to ask a server");
  else
    model->effects->check_servers (server, model->effects_data);
}

static void
run_check (LaneModel *model, const char *argument)
{
  g_autoptr (GPtrArray) rows = NULL;
  const LaneNetworkRow *row = find_selected (model, &rows);

  if (argument != NULL && argument[0] != '\0')
    check (model, argument);
  else if (row == NULL || row->server == NULL)
    lane_model_say (model, "t tests a server: select one below SERVERS, or F5 for everything.");
  else
    check (model, row->server->name);
}

void
lane_network_probe (LaneModel *model, const char *argument)
{
  check (model, NULL);
}

void
lane_network_copy (LaneModel *model)
{
  g_autoptr (GPtrArray) rows = NULL;
  const LaneNetworkRow *row = find_selected (model, &rows);
  g_autofree char *text =
      row != NULL ? lane_network_row_evidence (row, model->network, G_MAXINT) : NULL;

  if (text != NULL && model->masked)
    lane_masking_hide_text (model, &text);
  if (text == NULL)
    lane_model_say (model, "Nothing is selected.");
  else
    model->effects->copy (text, "the evidence", model->effects_data);
}

void
lane_network_copy_json (LaneModel *model)
{
  g_autofree char *json = model->network != NULL ? g_strdup (model->network->json) : NULL;

  if (json != NULL && model->masked)
    lane_masking_hide_json (model, &json);
  if (json == NULL)
    lane_model_say (model, "Nothing is known of the network yet.");
  else
    model->effects->copy (json, "the network as JSON", model->effects_data);
}

static const LaneAction actions[] = {
  { "evidence", "Enter", "what was asked and answered, and what helps", "evidence", 3,
    LANE_IN_NETWORK, .run = run_evidence },
  { "check", "t", "test the selected server", "test", 4, LANE_IN_NETWORK, LANE_ARGUMENT_TEXT,
    .acts = TRUE, .run = run_check },
  { "probe", "F5", "test all servers, and measure the NAT again", "probe", 5, LANE_IN_NETWORK,
    .acts = TRUE, .run = lane_network_probe },
};

const LaneAction *
lane_network_actions_get (guint *n_actions)
{
  *n_actions = G_N_ELEMENTS (actions);
  return actions;
}

"""What the gateway is asked. Each operation has a name and opts in to what is still experimental; tests hold them against the official types."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = 50
BATCH = 10
"""Goals of one page, and of one question for what stands behind them: what a query may cost is not published, so it is kept small."""
MOST_METRICS = 50


@dataclass(frozen=True, slots=True)
class GatewayOperation:
    """One question or order. `root` is the way to what is wanted in `data`; `reads` says that it changes nothing."""

    name: str
    text: str
    root: tuple[str, ...]
    reads: bool = True


HEAD = "id key name url isArchived scoringMode status { value score } owner { name }"

TENANT = GatewayOperation(
    "okrTenant",
    """query okrTenant($hosts: [String!]) @optIn(to: "Townsquare") {
  tenantContexts(hostNames: $hosts) { cloudId }
}""",
    ("tenantContexts",),
)
SETTINGS = GatewayOperation(
    "okrGoalsSettings",
    """query okrGoalsSettings($container: ID!) @optIn(to: "Townsquare") {
  goals_appSettings(containerId: $container) { scoringMode }
}""",
    ("goals_appSettings",),
)
LIST = GatewayOperation(
    "okrGoals",
    f"""query okrGoals($container: String!, $after: String) @optIn(to: "Townsquare") {{
  townsquare {{
    goalTql(q: "archived = false", containerId: $container, first: {PAGE}, after: $after) {{
      edges {{ node {{ {HEAD} }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    ("townsquare", "goalTql"),
)
POST = GatewayOperation(
    "okrPostUpdate",
    """mutation okrPostUpdate($input: TownsquareGoalsCreateUpdateInput) @optIn(to: "Townsquare") {
  goals_createUpdate(input: $input) {
    success errors { message extensions { statusCode } }
    update { ari creationDate creator { accountId name } newScore newState { value } summary }
  }
}""",
    ("goals_createUpdate",),
    reads=False,
)
TAKE_BACK = GatewayOperation(
    "okrTakeBackUpdate",
    """mutation okrTakeBackUpdate($input: TownsquareGoalsDeleteLatestUpdateInput) @optIn(to: "Townsquare") {
  goals_deleteLatestUpdate(input: $input) { success errors { message extensions { statusCode } } }
}""",
    ("goals_deleteLatestUpdate",),
    reads=False,
)
ADD_METRIC = GatewayOperation(
    "okrAddMetric",
    """mutation okrAddMetric($input: TownsquareGoalsCreateAddMetricTargetInput!) @optIn(to: "Townsquare") {
  goals_createAndAddMetricTarget(input: $input) { success errors { message extensions { statusCode } } }
}""",
    ("goals_createAndAddMetricTarget",),
    reads=False,
)
EDIT_METRIC = GatewayOperation(
    "okrEditMetric",
    """mutation okrEditMetric($input: TownsquareGoalsEditMetricInput!) @optIn(to: "Townsquare") {
  goals_editMetric(input: $input) { success errors { message extensions { statusCode } } }
}""",
    ("goals_editMetric",),
    reads=False,
)
EDIT_TARGET = GatewayOperation(
    "okrEditMetricTarget",
    """mutation okrEditMetricTarget($input: TownsquareGoalsEditMetricTargetInput!) @optIn(to: "Townsquare") {
  goals_editMetricTarget(input: $input) { success errors { message extensions { statusCode } } }
}""",
    ("goals_editMetricTarget",),
    reads=False,
)
REMOVE_TARGET = GatewayOperation(
    "okrRemoveMetricTarget",
    """mutation okrRemoveMetricTarget($input: TownsquareGoalsRemoveMetricTargetInput!) @optIn(to: "Townsquare") {
  goals_removeMetricTarget(input: $input) { success errors { message extensions { statusCode } } }
}""",
    ("goals_removeMetricTarget",),
    reads=False,
)
LINK_ISSUE = GatewayOperation(
    "okrLinkWorkItem",
    """mutation okrLinkWorkItem($input: TownsquareGoalsLinkWorkItemInput!) @optIn(to: "Townsquare") {
  goals_linkWorkItem(input: $input) { success errors { message extensions { statusCode } } }
}""",
    ("goals_linkWorkItem",),
    reads=False,
)
STANDING = GatewayOperation(
    "okrGoalsStanding",
    f"""query okrGoalsStanding($ids: [ID!]!) @optIn(to: "Townsquare") {{
  goals_byIds(goalIds: $ids) {{
    {HEAD}
    capabilities {{ canCreateUpdates }}
    updates(first: 1) {{ edges {{ node {{ ari creationDate creator {{ accountId name }} newScore newState {{ value }} summary }} }} }}
    metricTargets(first: {MOST_METRICS}) {{
      edges {{ node {{ id startValue targetValue metric {{ id name source externalEntityId latestValue {{ value }} }} }} }}
      pageInfo {{ hasNextPage }}
    }}
  }}
}}""",
    ("goals_byIds",),
)

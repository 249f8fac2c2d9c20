"""What sources of KPIs share: what one offers, the items and field values they look at, what lies outside of Jira."""

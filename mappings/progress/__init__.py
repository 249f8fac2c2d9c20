"""Progress rules, one file each. A new kind of key result is one new file and one line in `PROGRESS_RULES`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mappings.progress.baseline import BaselineOptions
from mappings.progress.decrease import DecreaseOptions
from mappings.progress.delivery import DeliveryOptions
from mappings.progress.increase import IncreaseOptions
from mappings.progress.milestone import MilestoneOptions
from mappings.progress.threshold import ThresholdOptions
from mappings.progress.transition import TransitionOptions

ProgressOptions = Annotated[
    DeliveryOptions
    | TransitionOptions
    | IncreaseOptions
    | DecreaseOptions
    | ThresholdOptions
    | BaselineOptions
    | MilestoneOptions,
    Field(discriminator="kind"),
]

"""The kinds of tasks, a file each; `FAMILIES` lists them."""

from __future__ import annotations

from training.tasks.families import conversion, dose, interaction, negation, reference_range, staging

FAMILIES = (
    reference_range.FAMILY,
    dose.FAMILY,
    conversion.FAMILY,
    interaction.FAMILY,
    negation.FAMILY,
    staging.FAMILY,
)

"""Reports that regulators ask for, filled from a build; what only a person may say is named as open."""

"""The plugin's setting, and where a user finds it."""

PROGRAM_SETTING = "CRATER_PIPELINE_PROGRAM"

PLACE = "Settings > Options > Processing > Providers > Crater pipeline"

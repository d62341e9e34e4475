"""Statistics of predictions: dose error, intervals and their calibration, subgroups."""

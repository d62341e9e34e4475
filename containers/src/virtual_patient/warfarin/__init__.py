"""The warfarin patient model: covariates -> individual PK/PD parameters -> stable dose and INR."""

"""The science of Proband: virtual patient models that are trained, evaluated and simulated as container jobs."""

__version__ = "0.1.0"

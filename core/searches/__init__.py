"""Hyperparameter searches: Keras Tuner's oracles by ask and tell, every trial a run on the engine."""

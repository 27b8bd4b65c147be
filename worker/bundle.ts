// placeholder until the worker branch lands

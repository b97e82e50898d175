"""Other machines that run the models: servers of the Open Inference Protocol (KServe v2) over HTTP."""

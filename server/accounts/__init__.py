"""ADMITS: the cluster's own certificate authority and the certificates of its servers."""

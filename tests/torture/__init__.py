"""The torture's own tests: what counts and judges must see every fault that is planted."""

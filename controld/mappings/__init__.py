"""Events become actions, changes become feedback: the mapping language, pure and synchronous."""

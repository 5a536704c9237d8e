"""FIT-Connect's interfaces over HTTP: addresses, token, requests, published keys."""

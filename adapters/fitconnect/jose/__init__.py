"""JOSE as FIT-Connect uses it: RSA keys as JWK, JWE (RSA-OAEP-256), JWS (PS512)."""

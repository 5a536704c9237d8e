"""JOSE as FIT-Connect uses it: RSA keys as JWK, JWE (RSA-OAEP, AES-GCM), JWS (PSS)."""

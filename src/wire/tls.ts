// Who is at the other end of a wire. Certificates are facts, not cryptography: an issuer's signature is its secret key id, which only the
// holder's disk knows; everything a verifier checks in life (chain, expiry, names, usage) is checked here. Handshake: tls-handshake.ts.

export interface Certificate {
  readonly serial: string;
  /** e.g. `kube-apiserver-kubelet-client`; organisations are groups to Kubernetes. */
  readonly subject: { readonly commonName: string; readonly organizations: readonly string[] };
  readonly issuer: string;
  /** Proves that the holder of the issuer's key signed: see sign() in tls-handshake.ts. */
  readonly signature: string;
  /** Identifies the holder's key pair. */
  readonly publicKey: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isCa: boolean;
  /** Of a real X.509 certificate that somebody brought (see x509.ts): the SHA-256 of what its issuer signed. */
  readonly signedDigest?: string;
  readonly usages: readonly ('client auth' | 'server auth')[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** A certificate with its private key, as a kubeconfig or a pki folder holds it. */
export interface KeyPair {
  readonly certificate: Certificate;
  readonly privateKey: string;
}

/** A certificate whose key is in other hands, as somebody has seen who is believed: the door speaks for a client outside the world. */
export interface VouchedCertificate {
  readonly certificate: Certificate;
  readonly privateKey?: undefined;
}

/** What one end brings to a handshake. */
export interface TlsIdentity {
  readonly own?: KeyPair | VouchedCertificate;
  /** Certificates of authorities that are trusted for the peer; undefined: the peer is not verified. */
  readonly trust?: readonly Certificate[];
}

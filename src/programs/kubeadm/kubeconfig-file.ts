// Writes a kubeconfig as kubeadm does: certificates inside, one context.
import { encodeBase64 } from '../../api/meta/base64.ts';
import { encodeCertificate, encodePrivateKey } from '../../wire/tls-handshake.ts';
import type { Certificate, KeyPair } from '../../wire/tls.ts';

export function kubeconfigFile(options: { readonly server: string; readonly ca: Certificate; readonly user: string; /** inside the file, or the path of a file that holds both parts */ readonly identity: KeyPair | string }): string {
  const { server, ca, user, identity } = options;
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${encodeBase64(encodeCertificate(ca))}
    server: ${server}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: ${user}
  name: ${user}@kubernetes
current-context: ${user}@kubernetes
kind: Config
preferences: {}
users:
- name: ${user}
  user:
${credentials(identity)}`;
}

function credentials(identity: KeyPair | string): string {
  if (typeof identity === 'string') return `    client-certificate: ${identity}\n    client-key: ${identity}\n`;
  return `    client-certificate-data: ${encodeBase64(encodeCertificate(identity.certificate))}
    client-key-data: ${encodeBase64(encodePrivateKey(identity.privateKey))}
`;
}

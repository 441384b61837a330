/** What this etcd says it is: the one in kubeadm's image. */
export const serverVersion = '3.6.8';

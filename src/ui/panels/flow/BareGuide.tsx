// Machines without a cluster: how one is made of them.
import { useTranslation } from 'react-i18next';
import { useScene } from '../../store/scene-store.ts';
import { LineToRun } from '../LineToRun.tsx';
import css from './flow.module.css';

export function BareGuide() {
  const { t } = useTranslation();
  const machines = useScene((scene) => scene.machines);
  const master = [...machines.values()].find((machine) => machine.role === 'master' && machine.slot === 0)?.name ?? '';
  const balancer = [...machines.values()].find((machine) => machine.role === 'load-balancer')?.address;
  const endpoint = balancer === undefined ? '' : `--control-plane-endpoint=${balancer}:6443 --upload-certs `;
  return (
    <ol className={css.guide}>
      <li>{t('flow.bare.init')}<LineToRun machine={master} line={`kubeadm init ${endpoint}--pod-network-cidr=10.244.0.0/16`} /></li>
      <li>{t('flow.bare.network')}<LineToRun machine={master} line="kubectl --kubeconfig=/etc/kubernetes/admin.conf apply -f /root/calico.yaml" /></li>
      <li>{t('flow.bare.join')}<LineToRun machine={master} line="kubeadm token create --print-join-command" /></li>
    </ol>
  );
}

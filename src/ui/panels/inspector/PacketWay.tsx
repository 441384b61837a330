// How a packet goes from here to a Service or an address: DNS, the rules of kube-proxy, routes, wires; in words here, as a line on the picture.
import { useEffect, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PodRecord } from '../../../scene/records.ts';
import { useScene } from '../../store/scene-store.ts';
import type { Place } from '../../store/types.ts';
import { viewStore } from '../../store/view-store.ts';
import panels from '../panels.module.css';
import { targetsOf } from '../traffic/targets.ts';
import { useAnswer } from './ask.ts';
import css from './inspector.module.css';

interface WayHop {
  readonly machine: string;
  readonly kind: 'dns' | 'local' | 'veth' | 'nat' | 'route' | 'link' | 'listen' | 'refused' | 'lost' | 'closed';
  readonly what: string;
}
interface Way {
  readonly outcome: 'reached' | 'refused' | 'lost' | 'unreachable' | 'unknown';
  readonly hops: readonly WayHop[];
  /** Of the last machine: who takes the packet. A container stands before its pod: `coredns/coredns-x`. */
  readonly process?: string;
}

/** What every cluster has. */
const always = ['kubernetes.default:443', 'kube-dns.kube-system:53'];

/** `from`: a pod's record id or a machine's name; `start`: where that is drawn. */
export function PacketWay({ from, start }: { readonly from: string; readonly start: Place }) {
  const { t } = useTranslation('panels');
  const listId = useId();
  const services = useScene((scene) => [...scene.objects.values()].flatMap(targetsOf).sort().join(' '));
  const targets = useMemo(() => [...(services === '' ? [] : services.split(' ')), ...always], [services]);
  const [typed, setTyped] = useState<string>();
  const to = typed ?? targets[0] ?? '';
  const way = useAnswer<Way>(to.trim() === '' ? undefined : { query: 'path', from, to: to.trim() });
  const pods = useScene((scene) => scene.pods);
  useEffect(() => {
    viewStore.setState({ way: way === undefined ? [] : placesOf(start, way, pods.values()) });
    // Places follow from the answer; pods that come and go meanwhile do not move it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [way, start.machine, start.process]);
  useEffect(() => () => viewStore.setState({ way: [] }), []);
  return (
    <>
      <label className={css.target}>{t('way.to')} <input className={panels.select} list={listId} value={to} spellCheck={false} autoComplete="off" autoCapitalize="off" onChange={(event) => setTyped(event.target.value)} data-way-to /></label>
      <datalist id={listId}>{targets.map((target) => <option key={target} value={target}>{target}</option>)}</datalist>
      {way !== undefined && (
        <>
          <p className={css.outcome} data-outcome={way.outcome} role="status">{t(`way.outcome.${way.outcome}`)}</p>
          <ol className={css.way} data-way>
            {way.hops.map((hop, at) => <li key={at}><span>{t(`way.kind.${hop.kind}`)} <small>{hop.machine}</small></span><code>{hop.what}</code></li>)}
          </ol>
        </>
      )}
    </>
  );
}

function placesOf(start: Place, { hops, process: taker = '' }: Way, pods: Iterable<PodRecord>): readonly Place[] {
  const byIp = new Map([...pods].filter((pod) => pod.ip !== '').map((pod) => [`${pod.node} ${pod.ip}`, pod.name]));
  const places: Place[] = [start];
  for (const { machine, kind, what } of hops) {
    // Names are looked up where the packet starts, a wire is what lies between two places, and a closed port is where the packet is already.
    if (kind === 'dns' || kind === 'link' || kind === 'local' || kind === 'closed') continue;
    const ip = /\d+\.\d+\.\d+\.\d+$/.exec(what)?.[0] ?? '';
    const process = kind === 'veth' ? (byIp.get(`${machine} ${ip}`) ?? '') : kind === 'listen' ? taker.slice(taker.lastIndexOf('/') + 1) : kind === 'nat' || kind === 'refused' ? 'kube-proxy' : kind === 'route' ? 'calico-node' : '';
    const last = places.at(-1);
    if (last?.machine !== machine || last.process !== process) places.push({ machine, process });
  }
  return places;
}

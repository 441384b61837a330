import { describe, expect, it } from 'vitest';
import { MetricStore } from './metric-store.ts';
import { type Batch, readResourceText } from './resource-text.ts';

const scrape = (atMs: number, cpuSeconds: number, startedMs = 1000): Batch => {
  const labels = '{container="c",namespace="default",pod="web"}';
  const text = `# HELP node_cpu_usage_seconds_total x\nnode_cpu_usage_seconds_total ${cpuSeconds * 2} ${atMs}\nnode_memory_working_set_bytes 2097152 ${atMs}\ncontainer_cpu_usage_seconds_total${labels} ${cpuSeconds} ${atMs}\ncontainer_memory_working_set_bytes${labels} 1048576 ${atMs}\ncontainer_start_time_seconds${labels} ${startedMs / 1000}\n`;
  return readResourceText(text, 'w1', 0);
};

describe('resource text', () => {
  it('leaves out what is incomplete, and a pod with it', () => {
    const text = 'container_cpu_usage_seconds_total{container="a",namespace="n",pod="p"} 1 5\ncontainer_memory_working_set_bytes{container="a",namespace="n",pod="p"} 7\ncontainer_memory_working_set_bytes{container="b",namespace="n",pod="p"} 7\nnode_cpu_usage_seconds_total 1\nnonsense\n';
    expect(readResourceText(text, 'w1', 9)).toEqual({ nodes: new Map(), pods: new Map() });
  });

  it('takes the time of the scrape where none is given', () => {
    expect(readResourceText('node_cpu_usage_seconds_total 1.5\nnode_memory_working_set_bytes 10\n', 'w1', 9).nodes.get('w1')).toEqual({ atMs: 9, startedMs: 0, cpuSeconds: 1.5, memoryBytes: 10 });
  });
});

describe('metric store', () => {
  it('needs two looks, and tells the rate between them', () => {
    const store = new MetricStore(15_000);
    store.store(scrape(100_000, 1));
    expect(store.isReady).toBe(false);
    expect(store.node('w1')).toBeUndefined();
    store.store(scrape(115_000, 2.5));
    expect(store.isReady).toBe(true);
    expect(store.pod('default/web')).toEqual(new Map([['c', { atMs: 115_000, windowMs: 15_000, cpuNanoCores: 100_000_000, memoryBytes: 1048576 }]]));
    expect(store.node('w1')?.cpuNanoCores).toBe(200_000_000);
  });

  it('measures a young container from its start, and one that began anew not at all', () => {
    const store = new MetricStore(15_000);
    store.store(scrape(100_000, 1.2, 88_000));
    expect(store.pod('default/web')?.get('c')).toEqual({ atMs: 100_000, windowMs: 12_000, cpuNanoCores: 100_000_000, memoryBytes: 1048576 });
    store.store(scrape(115_000, 0.1, 112_000));
    expect(store.pod('default/web')).toBeUndefined();
  });

  it('forgets what is gone, and keeps the earlier point while a kubelet repeats itself', () => {
    const store = new MetricStore(15_000);
    for (const [atMs, cpu] of [[100_000, 1], [115_000, 2.5], [115_000, 2.5]] as const) store.store(scrape(atMs, cpu));
    expect(store.pod('default/web')?.get('c')?.cpuNanoCores).toBe(100_000_000);
    store.store({ nodes: new Map(), pods: new Map() });
    expect(store.pod('default/web')).toBeUndefined();
  });
});

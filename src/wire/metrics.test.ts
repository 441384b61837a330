import { describe, expect, it } from 'vitest';
import { Distribution, doubling, family, metricsText, Tally } from './metrics.ts';

describe('the text format of Prometheus', () => {
  it('says families by name, and nothing of one without values', () => {
    const requests = new Tally();
    requests.add('500\nGET');
    requests.add('200\nGET');
    requests.add('200\nGET');
    const text = metricsText([family('gauge', 'zoo_size', 'Animals.', 3), family('counter', 'requests_total', 'By code.', requests.samples(['code', 'method'])), family('gauge', 'absent', 'Nothing.', [])]);
    expect(text).toBe('# HELP requests_total By code.\n# TYPE requests_total counter\nrequests_total{code="200",method="GET"} 2\nrequests_total{code="500",method="GET"} 1\n# HELP zoo_size Animals.\n# TYPE zoo_size gauge\nzoo_size 3\n');
  });

  it('counts each value in every bucket that it fits in', () => {
    const seconds = new Distribution(doubling(0.1));
    for (const value of [0.1, 0.15, 0.4, 7]) seconds.observe(value, 'a');
    const lines = metricsText([family('histogram', 's', 'Seconds.', seconds.samples(3, ['what']))]).split('\n').slice(2, -1);
    expect(lines).toEqual(['s_bucket{what="a",le="0.1"} 1', 's_bucket{what="a",le="0.2"} 2', 's_bucket{what="a",le="0.4"} 3', 's_bucket{what="a",le="+Inf"} 4', 's_sum{what="a"} 7.65', 's_count{what="a"} 4']);
  });

  it('escapes what would end a line or a value', () => {
    expect(metricsText([family('gauge', 'g', 'a\\b\nc', [{ labels: { path: 'a"b,c\\d\n' }, value: Infinity, atMs: 12.6 }])])).toBe('# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{path="a\\"b,c\\\\d\\n"} +Inf 13\n');
  });
});

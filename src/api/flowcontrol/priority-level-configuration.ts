// PriorityLevelConfiguration: how many seats a priority level has, and what becomes of those who find none.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { age, none } from '../printing/cells.ts';
import { checkNonNegative, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { conditionTypes } from '../validation/status.ts';

interface Queuing {
  readonly queues?: number;
  readonly handSize?: number;
  readonly queueLengthLimit?: number;
}
interface PriorityLevel extends ApiObject {
  readonly spec?: {
    readonly type: string;
    readonly limited?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number; readonly borrowingLimitPercent?: number; readonly limitResponse?: { readonly type?: string; readonly queuing?: Queuing } };
    readonly exempt?: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number };
  };
  readonly status?: { readonly conditions?: readonly { readonly type?: string }[] };
}

const mostQueues = 10_000_000;
const mostEntropyBits = 60;

/** As pkg/apis/flowcontrol/validation. */
function validate({ metadata, spec }: PriorityLevel): readonly FieldError[] {
  const errors: FieldErrors = [];
  const type = spec?.type ?? '';
  if (type !== 'Exempt' && type !== 'Limited') errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  else if ((metadata.name === 'exempt') !== (type === 'Exempt')) errors.push(invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  const { limited, exempt } = spec ?? {};
  if (type === 'Exempt' && limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
  if (type === 'Limited' && exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
  if (type === 'Limited') {
    if (limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else validateLimited(errors, limited);
  }
  for (const [at, part] of [['spec.limited', limited], ['spec.exempt', exempt]] as const) {
    checkNonNegative(errors, part?.nominalConcurrencyShares, `${at}.nominalConcurrencyShares`);
    const percent = part?.lendablePercent;
    if (percent !== undefined && (percent < 0 || percent > 100)) errors.push(invalid(`${at}.lendablePercent`, percent, 'must be between 0 and 100, inclusive'));
  }
  return errors;
}

function validateLimited(errors: FieldErrors, limited: NonNullable<NonNullable<PriorityLevel['spec']>['limited']>): void {
  const at = 'spec.limited.limitResponse';
  const { type = '', queuing } = limited.limitResponse ?? {};
  checkNonNegative(errors, limited.borrowingLimitPercent, 'spec.limited.borrowingLimitPercent');
  if (type === 'Reject') {
    if (queuing !== undefined) errors.push(forbidden(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (type === 'Queue') {
    if (queuing === undefined) errors.push(required(`${at}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
    else validateQueuing(errors, queuing, `${at}.queuing`);
  } else if (type === '') errors.push(required(`${at}.type`, 'must specify limit response type'));
  else errors.push(notSupported(`${at}.type`, type, ['Queue', 'Reject']));
}

function validateQueuing(errors: FieldErrors, { queues = 0, handSize = 0, queueLengthLimit = 0 }: Queuing, at: string): void {
  for (const [name, value] of [['queueLengthLimit', queueLengthLimit], ['queues', queues], ['handSize', handSize]] as const) if (value <= 0) errors.push(invalid(`${at}.${name}`, value, 'must be positive'));
  if (queues > mostQueues) errors.push(invalid(`${at}.queues`, queues, `must not be greater than ${mostQueues}`));
  else if (handSize > queues) errors.push(invalid(`${at}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (entropyBits(queues, handSize) > mostEntropyBits) errors.push(invalid(`${at}.handSize`, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostEntropyBits}`));
}

/** Bits that are needed to deal a hand: of queues × (queues-1) × ... ways. */
function entropyBits(queues: number, handSize: number): number {
  let ways = 1n;
  for (let dealt = 0; dealt < handSize && ways < 1n << 64n; dealt++) ways *= BigInt(queues - dealt);
  return ways.toString(2).length;
}

export const priorityLevelConfigurationKind = declareKind<PriorityLevel>({
  group: 'flowcontrol.apiserver.k8s.io',
  namespaced: false,
  validateStatus: ({ status }) => conditionTypes(status?.conditions),
  subresources: ['status'],
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  storagePrefix: 'prioritylevelconfigurations',
  definition: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  generation: true,
  defaults: (level) =>
    mapField(level, 'spec', (spec) => {
      const limited = mapField(spec, 'limited', (part) =>
        mapField(fill(part, { nominalConcurrencyShares: 30, lendablePercent: 0 }), 'limitResponse', (response) => mapField(response, 'queuing', (queuing) => fill(queuing, { queues: 64, handSize: 8, queueLengthLimit: 50 }))),
      );
      return limited.type === 'Exempt' ? mapField(fill(limited, { exempt: {} }), 'exempt', (exempt) => fill(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 })) : limited;
    }),
  validate,
  columns: columns('Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age'),
  row: (level, nowMs) => {
    const queuing = level.spec?.limited?.limitResponse?.queuing;
    const shares = level.spec?.limited?.nominalConcurrencyShares ?? level.spec?.exempt?.nominalConcurrencyShares;
    return [level.metadata.name, level.spec?.type ?? '', shares ?? none, queuing?.queues ?? none, queuing?.handSize ?? none, queuing?.queueLengthLimit ?? none, age(level, nowMs)];
  },
});

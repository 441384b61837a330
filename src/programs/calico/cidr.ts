// IPv4 arithmetic for address pools. Pure.

export function addressToNumber(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function numberToAddress(number: number): string {
  return [16777216, 65536, 256, 1].map((unit) => Math.floor(number / unit) % 256).join('.');
}

/** The usable addresses of a subnet: without the network's, the gateway's (.1) and the broadcast's. */
export function usableRange(subnet: string): { readonly first: number; readonly last: number } | undefined {
  const [base = '', bits = ''] = subnet.split('/');
  const start = addressToNumber(base);
  const length = Number(bits);
  if (start === undefined || !(length >= 8 && length <= 30)) return undefined;
  let size = 1;
  for (let bit = length; bit < 32; bit++) size *= 2;
  const network = start - (start % size);
  return { first: network + 2, last: network + size - 2 };
}

/** What host-local keeps of a network. */
export interface AddressStore {
  readonly last: number;
  /** Address -> container id. */
  readonly taken: Readonly<Record<string, string>>;
}

/** The next free address after the last one given, round the range; undefined when none is left. */
export function decideAddress(store: AddressStore, subnet: string): string | undefined {
  const range = usableRange(subnet);
  if (range === undefined) return undefined;
  const count = range.last - range.first + 1;
  const begin = store.last >= range.first && store.last < range.last ? store.last + 1 : range.first;
  for (let step = 0; step < count; step++) {
    const number = range.first + ((begin - range.first + step) % count);
    const address = numberToAddress(number);
    if (store.taken[address] === undefined) return address;
  }
  return undefined;
}

// The programmed rules as the tools of each mode would print them: iptables-save, ipvsadm -Ln, nft list. Pure.
import type { NatService } from '../../kernel/host.ts';
import { fnv32a, safeEncodeString } from '../../api/meta/hash.ts';
import type { ProxyMode } from './config.ts';

export function renderRules(mode: ProxyMode, rules: readonly NatService[]): string {
  switch (mode) {
    case 'ipvs':
      return renderIpvs(rules);
    case 'nftables':
      return renderNftables(rules);
    case 'userspace':
      return renderUserspace(rules);
    default:
      return renderIptables(rules);
  }
}

/** 16 capitals that depend on the text alone, as the chains' names have. */
const hash = (text: string): string => `${safeEncodeString(String(fnv32a(text)))}${safeEncodeString(String(fnv32a(`${text}#`)))}`.toUpperCase().padEnd(16, 'X').slice(0, 16);
const split = (address: string): [string, string] => [address.slice(0, address.lastIndexOf(':')), address.slice(address.lastIndexOf(':') + 1)];

function renderIptables(rules: readonly NatService[]): string {
  const nat: string[] = [];
  const filter: string[] = [];
  const done = new Set<string>();
  for (const rule of rules) {
    const [ip, port] = split(rule.address);
    const match = `-d ${ip}/32 -p ${rule.transport} -m comment --comment "${rule.name} cluster IP" -m ${rule.transport} --dport ${port}`;
    if (rule.backends.length === 0) {
      filter.push(`-A KUBE-SERVICES ${match.replace(' cluster IP"', ' has no endpoints"')} -j REJECT --reject-with icmp-port-unreachable`);
      continue;
    }
    const chain = `KUBE-SVC-${hash(`${rule.name}${rule.transport}`)}`;
    nat.push(`-A KUBE-SERVICES ${match} -j ${rule.masquerade === true ? chain.replace('KUBE-SVC', 'KUBE-EXT') : chain}`);
    if (rule.masquerade === true) nat.push(`-A ${chain.replace('KUBE-SVC', 'KUBE-EXT')} -m comment --comment "masquerade traffic for ${rule.name} external destinations" -j KUBE-MARK-MASQ`, `-A ${chain.replace('KUBE-SVC', 'KUBE-EXT')} -j ${chain}`);
    if (done.has(chain)) continue;
    done.add(chain);
    rule.backends.forEach((backend, index) => {
      const endpoint = `KUBE-SEP-${hash(`${rule.name}${rule.transport}${backend}`)}`;
      const left = rule.backends.length - index;
      const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
      nat.push(`-A ${chain} -m comment --comment "${rule.name} -> ${backend}"${chance} -j ${endpoint}`);
      const sticky = rule.affinitySeconds === undefined ? '' : ` -m recent --set --name ${endpoint} --mask 255.255.255.255 --rsource`;
      nat.push(`-A ${endpoint} -p ${rule.transport} -m comment --comment "${rule.name}"${sticky} -m ${rule.transport} -j DNAT --to-destination ${backend}`);
    });
  }
  return ['*filter', ...filter, 'COMMIT', '*nat', ':KUBE-SERVICES - [0:0]', ...nat, 'COMMIT', ''].join('\n');
}

function renderIpvs(rules: readonly NatService[]): string {
  const lines = ['IP Virtual Server version 1.2.1 (size=4096)', 'Prot LocalAddress:Port Scheduler Flags', '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn'];
  for (const rule of rules) {
    lines.push(`${rule.transport.toUpperCase()}  ${rule.address} rr${rule.affinitySeconds === undefined ? '' : ` persistent ${rule.affinitySeconds}`}`);
    for (const backend of rule.backends) lines.push(`  -> ${backend.padEnd(28)} Masq    1      0          0`);
  }
  return `${lines.join('\n')}\n`;
}

function renderNftables(rules: readonly NatService[]): string {
  const lines = ['table ip kube-proxy {', '\tmap service-ips {', '\t\ttype ipv4_addr . inet_proto . inet_service : verdict'];
  for (const rule of rules) {
    const [ip, port] = split(rule.address);
    lines.push(`\t\telements += { ${ip} . ${rule.transport} . ${port} : goto ${rule.backends.length === 0 ? 'reject-chain' : `service-${hash(rule.name)}-${rule.name.replace(':', '/')}`} }`);
  }
  lines.push('\t}');
  const done = new Set<string>();
  for (const rule of rules) {
    if (rule.backends.length === 0 || done.has(rule.name)) continue;
    done.add(rule.name);
    lines.push(`\tchain service-${hash(rule.name)}-${rule.name.replace(':', '/')} {`, `\t\tnumgen random mod ${rule.backends.length} vmap { ${rule.backends.map((backend, index) => `${index} : goto endpoint-${backend}`).join(', ')} }`, '\t}');
  }
  return [...lines, '}', ''].join('\n');
}

/** How it was until 1.25: every service port was redirected to a port of the proxy itself. */
function renderUserspace(rules: readonly NatService[]): string {
  return `${rules.map((rule) => `-A KUBE-PORTALS-CONTAINER -d ${rule.address} -p ${rule.transport} -m comment --comment "${rule.name}" -j REDIRECT (kube-proxy -> ${rule.backends.join(' | ') || 'nobody'}, round robin)`).join('\n')}\n`;
}

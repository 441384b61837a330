// All small programs by name: the machine's /usr/bin, and what a busybox image holds.
import type { Program } from '../../kernel/host.ts';
import { aptTools } from './coreutils/apt.ts';
import { archiveTools } from './coreutils/archive-tools.ts';
import { fileTools } from './coreutils/file-tools.ts';
import { networkTools } from './coreutils/network-tools.ts';
import { systemTools } from './coreutils/system-tools.ts';
import { systemctl } from './coreutils/systemctl.ts';
import { tables, textTools } from './coreutils/text-tools.ts';

export const coreutils: readonly Program[] = [...fileTools, ...archiveTools, ...textTools, ...systemTools, systemctl, ...aptTools, ...networkTools];

/** main.ts adds the shells themselves. */
export const applets: Map<string, Program> = new Map(coreutils.map((program) => [program.name, program]));

tables.appletTable = () => applets;

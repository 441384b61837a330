// The root command: every command of kubectl, grouped as `kubectl` lists them.
import type { Command } from '../command.ts';
import { applyCommand } from './apply.ts';
import { authCommand, certificateCommand } from './auth.ts';
import { configCommand } from './config/config.ts';
import { cpCommand } from './cp.ts';
import { createCommand } from './create/create.ts';
import { debugCommand } from './debug.ts';
import { deleteCommand } from './delete.ts';
import { describeCommand } from './describe.ts';
import { diffCommand } from './diff.ts';
import { cordonCommand, drainCommand, uncordonCommand } from './drain.ts';
import { eventsCommand } from './events.ts';
import { attachCommand, execCommand, portForwardCommand } from './exec.ts';
import { explainCommand } from './explain.ts';
import { getCommand } from './get.ts';
import { apiResourcesCommand, apiVersionsCommand, clusterInfoCommand, completionCommand, kustomizeCommand, optionsCommand, pluginCommand, versionCommand } from './info.ts';
import { annotateCommand, labelCommand } from './label.ts';
import { logsCommand } from './logs.ts';
import { editCommand } from './edit.ts';
import { patchCommand, replaceCommand } from './patch.ts';
import { proxyCommand } from './proxy.ts';
import { rolloutCommand } from './rollout/rollout.ts';
import { exposeCommand, runCommand } from './run-pod.ts';
import { autoscaleCommand, scaleCommand } from './scale.ts';
import { setCommand } from './set/set.ts';
import { taintCommand } from './taint.ts';
import { topCommand } from './top.ts';
import { waitCommand } from './wait.ts';

export const rootCommand: Command = {
  name: 'kubectl',
  use: '[flags] [options]',
  short: 'kubectl controls the Kubernetes cluster manager',
  commands: [
    annotateCommand, apiResourcesCommand, apiVersionsCommand, applyCommand, attachCommand, authCommand, autoscaleCommand, certificateCommand, clusterInfoCommand, completionCommand, configCommand,
    cordonCommand, cpCommand, createCommand, debugCommand, deleteCommand, describeCommand, diffCommand, drainCommand, editCommand, eventsCommand, execCommand, explainCommand, exposeCommand, getCommand, kustomizeCommand,
    labelCommand, logsCommand, optionsCommand, patchCommand, pluginCommand, portForwardCommand, proxyCommand, replaceCommand, rolloutCommand, runCommand, scaleCommand, setCommand, taintCommand, topCommand,
    uncordonCommand, versionCommand, waitCommand,
  ],
};

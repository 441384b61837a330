// /metrics in Prometheus' text form: etcd's own names, as far as there is something behind them here.
import { family, type Family } from '../../wire/metrics.ts';
import { dbSize, dbSizeInUse } from './rpc.ts';
import type { EtcdServer } from './server.ts';
import { versionOf } from './version.ts';

type Row = readonly [name: string, type: 'gauge' | 'counter', help: string, value: number, labels?: Readonly<Record<string, string>>];

export function etcdMetrics(server: EtcdServer): readonly Family[] {
  const { node, store, state, counts, config } = server;
  const rows: readonly Row[] = [
    ['etcd_cluster_version', 'gauge', 'Which version is running. 1 for "cluster_version" label with current cluster version', 1, { cluster_version: state.clusterVersion.replace(/\.\d+$/, '') || 'not_decided' }],
    ['etcd_debugging_mvcc_compact_revision', 'gauge', 'The revision of the last compaction in store.', store.compacted],
    ['etcd_debugging_mvcc_current_revision', 'gauge', 'The current revision of store.', store.revision],
    ['etcd_debugging_mvcc_keys_total', 'gauge', 'Total number of keys.', store.keyCount],
    ['etcd_debugging_mvcc_watcher_total', 'gauge', 'Total number of watchers.', server.watches.watcherCount],
    ['etcd_debugging_lease_total', 'gauge', 'Total number of leases.', server.lessor.size],
    ['etcd_disk_wal_fsync_slow_total', 'counter', 'Syncs of the write-ahead log that took over a second.', counts.slowSyncs],
    ['etcd_mvcc_db_total_size_in_bytes', 'gauge', 'Total size of the underlying database physically allocated in bytes.', dbSize(server)],
    ['etcd_mvcc_db_total_size_in_use_in_bytes', 'gauge', 'Total size of the underlying database logically in use in bytes.', dbSizeInUse(server)],
    ['etcd_network_active_peers', 'gauge', 'The current number of active peer connections.', server.peers.activeCount],
    ['etcd_server_has_leader', 'gauge', 'Whether or not a leader exists. 1 is existence, 0 is not.', node.leader === '' ? 0 : 1],
    ['etcd_server_heartbeat_send_failures_total', 'counter', 'The total number of leader heartbeat send failures (likely overloaded from slow disk).', counts.lateHeartbeats],
    ['etcd_server_id', 'gauge', 'Server or member ID in hexadecimal format. 1 for "server_id" label with current ID.', 1, { server_id: server.id }],
    ['etcd_server_is_leader', 'gauge', 'Whether or not this member is a leader. 1 if is, 0 otherwise.', node.isLeader ? 1 : 0],
    ['etcd_server_is_learner', 'gauge', 'Whether or not this member is a learner. 1 if is, 0 otherwise.', node.isLearner ? 1 : 0],
    ['etcd_server_leader_changes_seen_total', 'counter', 'The number of leader changes seen.', counts.leaderChanges],
    ['etcd_server_proposals_applied_total', 'gauge', 'The total number of consensus proposals applied.', server.applied],
    ['etcd_server_proposals_committed_total', 'gauge', 'The total number of consensus proposals committed.', node.committed],
    ['etcd_server_proposals_failed_total', 'counter', 'The total number of failed proposals seen.', counts.failedProposals],
    ['etcd_server_proposals_pending', 'gauge', 'The current number of pending proposals to commit.', server.pendingProposals],
    ['etcd_server_quota_backend_bytes', 'gauge', 'Current backend storage quota size in bytes.', config.quotaBytes],
    ['etcd_server_slow_read_indexes_total', 'counter', 'The total number of pending read indexes not in sync with leader\'s or timed out read index requests.', counts.slowReads],
    ['etcd_server_version', 'gauge', 'Which version is running. 1 for "server_version" label with current version.', 1, { server_version: versionOf(server.host) }],
  ];
  const alarms = state.alarms.map((each) => ({ labels: { alarm_type: each.alarm, server_id: each.memberId }, value: 1 }));
  return [...rows.map(([name, type, help, value, labels = {}]) => family(type, name, help, [{ labels, value }])), family('gauge', 'etcd_server_alarms', 'Alarms that are raised, by member.', alarms)];
}

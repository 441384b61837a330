// The import table of the house (see src/README.md), kept by a tool.
const rooms = ['kernel', 'raft', 'api', 'wire', 'client', 'programs', 'cluster', 'scene', 'session', 'lesson', 'ui'];

/** A room may import only these rooms (and itself). Tests and testing/ folders are free. */
function mayImport(room, allowed, extra = {}) {
  const forbidden = rooms.filter((each) => each !== room && !allowed.includes(each));
  return {
    name: `room-${room}`,
    severity: 'error',
    comment: `${room} may import: ${allowed.join(', ') || 'nothing of ours'}`,
    from: { path: `^src/${room}/`, pathNot: ['\\.test\\.tsx?$', '/testing/', ...(extra.fromNot ?? [])] },
    to: { path: `^src/(${forbidden.join('|')})/`, ...(extra.toNot === undefined ? {} : { pathNot: extra.toNot }) },
  };
}

const programEvents = '^src/programs/[^/]+/events\\.ts$';
const kernelTypes = '^src/kernel/(host|world|task)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    mayImport('kernel', []),
    mayImport('raft', [], { toNot: ['^src/kernel/assert\\.ts$'] }),
    mayImport('api', []),
    mayImport('wire', ['api', 'kernel']),
    mayImport('client', ['kernel', 'api', 'wire']),
    mayImport('programs', ['kernel', 'raft', 'api', 'wire', 'client']),
    mayImport('cluster', ['kernel', 'raft', 'api', 'wire', 'client', 'programs']),
    mayImport('scene', ['api', 'wire'], { toNot: [programEvents, kernelTypes, '^src/client/events\\.ts$', '^src/session/protocol\\.ts$'] }),
    mayImport('session', ['kernel', 'api', 'wire', 'cluster', 'scene'], { toNot: [programEvents, '^src/client/events\\.ts$'], fromNot: ['^src/session/(bridge|cli)/'] }),
    mayImport('lesson', ['api', 'scene'], { toNot: ['^src/session/protocol\\.ts$', kernelTypes] }),
    mayImport('ui', ['api', 'scene', 'lesson'], { toNot: ['^src/session/(protocol|page-protocol|link|worker\\.main)\\.ts', kernelTypes], fromNot: ['^src/ui/dev/'] }),
    {
      name: 'programs-meet-on-the-network',
      severity: 'error',
      comment: 'a program imports another program; only images/ is shared among containers, and what every API server is made of',
      from: { path: '^src/programs/([^/]+)/', pathNot: ['\\.test\\.ts$', '/testing/', '^src/programs/sample-apiserver/'] },
      to: { path: '^src/programs/', pathNot: ['^src/programs/$1/', '^src/programs/images/'] },
    },
    {
      name: 'an-api-server-is-made-of-kube-apiserver',
      severity: 'error',
      comment: 'sample-apiserver is made of the parts of kube-apiserver that are k8s.io/apiserver in life (see its README), and of nothing else of another program',
      from: { path: '^src/programs/sample-apiserver/' },
      to: { path: '^src/programs/', pathNot: ['^src/programs/(sample-apiserver|images)/', '^src/programs/kube-apiserver/(admission/plugin|background/compactor|discovery/[^/]+|events|handlers/(api-handler|list-watch|negotiate|non-resource)|health|metrics|pipeline|registry/(resources|rest-store)|stages/gates|status|storage/[^/]+)\\.ts$'] },
    },
    { name: 'no-react-outside-ui', severity: 'error', from: { path: '^src/(?!ui/)' }, to: { path: 'node_modules/(react|react-dom|@xyflow|framer-motion|zustand)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(generated|\\.module\\.css)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'], extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
};

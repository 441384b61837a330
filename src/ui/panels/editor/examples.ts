// The manifests that stand ready in the editor.
import { applyYaml } from '../../store/actions.ts';

export interface Example {
  readonly name: string;
  readonly text: string;
}

export const examples: readonly Example[] = [
  {
    name: 'nginx',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx
  labels:
    app: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.29
        ports:
        - containerPort: 80
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
`,
  },
  {
    name: 'nginx + Service',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 4
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: nginx
        image: nginx:1.29
        ports:
        - containerPort: 80
        readinessProbe:
          httpGet:
            path: /
            port: 80
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
    targetPort: 80
`,
  },
];

export function applyExample(name: string): Promise<unknown> {
  const example = examples.find((one) => one.name === name);
  return example === undefined ? Promise.resolve() : applyYaml(example.text);
}

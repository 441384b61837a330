// CEL's `authorizer`: expressions ask what the requester may do (k8s.io/apiserver/pkg/cel/library/authz).
import { declare, opaqueType, type Library } from '../function.ts';
import type { CelType } from '../types.ts';
import { CelError, type OpaqueValue } from '../values.ts';

/** What is asked: a verb on a resource, or on a path. */
export interface Question {
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly fieldSelector?: string;
}

/** Whoever can answer, for the requester and for service accounts. */
export interface Access {
  ask(question: Question): { readonly allowed: boolean; readonly reason: string };
  forServiceAccount(namespace: string, name: string): Access;
}

const name = (type: string): string => `kubernetes.authorization.${type}`;
export const authorizerType = opaqueType(name('Authorizer'));
export const resourceCheckType = opaqueType(name('ResourceCheck'));
const pathCheckType = opaqueType(name('PathCheck'));
const groupCheckType = opaqueType(name('GroupCheck'));
const decisionType = opaqueType(name('Decision'));

abstract class Handle implements OpaqueValue {
  abstract readonly opaqueType: CelType;
  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

export class AuthorizerHandle extends Handle {
  readonly opaqueType = authorizerType;
  readonly access: Access;
  constructor(access: Access) {
    super();
    this.access = access;
  }
  ask(attributes: Partial<Question>): Decision {
    return new Decision(this.access.ask({ verb: '', isResource: false, group: '', resource: '', subresource: '', namespace: '', name: '', path: '', ...attributes }));
  }
}

class PathCheck extends Handle {
  readonly opaqueType = pathCheckType;
  readonly of: AuthorizerHandle;
  readonly path: string;
  constructor(of: AuthorizerHandle, path: string) {
    super();
    this.of = of;
    this.path = path;
  }
}

class GroupCheck extends Handle {
  readonly opaqueType = groupCheckType;
  readonly of: AuthorizerHandle;
  readonly group: string;
  constructor(of: AuthorizerHandle, group: string) {
    super();
    this.of = of;
    this.group = group;
  }
}

export class ResourceCheck extends Handle {
  readonly opaqueType = resourceCheckType;
  readonly of: AuthorizerHandle;
  readonly attributes: Partial<Question>;
  constructor(of: AuthorizerHandle, attributes: Partial<Question>) {
    super();
    this.of = of;
    this.attributes = attributes;
  }
  with(more: Partial<Question>): ResourceCheck {
    return new ResourceCheck(this.of, { ...this.attributes, ...more });
  }
}

class Decision extends Handle {
  readonly opaqueType = decisionType;
  readonly allowed: boolean;
  readonly reason: string;
  constructor({ allowed, reason }: { readonly allowed: boolean; readonly reason: string }) {
    super();
    this.allowed = allowed;
    this.reason = reason;
  }
}

export const authorizerLibrary: Library = [
  declare(`${name('Authorizer')}.path(string): ${name('PathCheck')}`, (of: AuthorizerHandle, path: string) => {
    if (path === '') throw new CelError('path must not be empty');
    return new PathCheck(of, path);
  }),
  declare(`${name('Authorizer')}.group(string): ${name('GroupCheck')}`, (of: AuthorizerHandle, group: string) => new GroupCheck(of, group)),
  declare(`${name('Authorizer')}.serviceAccount(string, string): ${name('Authorizer')}`, (of: AuthorizerHandle, namespace: string, account: string) => new AuthorizerHandle(of.access.forServiceAccount(namespace, account))),
  declare(`${name('GroupCheck')}.resource(string): ${name('ResourceCheck')}`, (of: GroupCheck, resource: string) => new ResourceCheck(of.of, { isResource: true, group: of.group, resource })),
  declare(`${name('ResourceCheck')}.subresource(string): ${name('ResourceCheck')}`, (of: ResourceCheck, subresource: string) => of.with({ subresource })),
  declare(`${name('ResourceCheck')}.namespace(string): ${name('ResourceCheck')}`, (of: ResourceCheck, namespace: string) => of.with({ namespace })),
  declare(`${name('ResourceCheck')}.name(string): ${name('ResourceCheck')}`, (of: ResourceCheck, text: string) => of.with({ name: text })),
  declare(`${name('ResourceCheck')}.fieldSelector(string): ${name('ResourceCheck')}`, (of: ResourceCheck, fieldSelector: string) => of.with({ fieldSelector })),
  declare(`${name('ResourceCheck')}.labelSelector(string): ${name('ResourceCheck')}`, (of: ResourceCheck) => of),
  declare(`${name('PathCheck')}.check(string): ${name('Decision')}`, (of: PathCheck, verb: string) => of.of.ask({ path: of.path, verb })),
  declare(`${name('ResourceCheck')}.check(string): ${name('Decision')}`, (of: ResourceCheck, verb: string) => of.of.ask({ ...of.attributes, verb })),
  declare(`${name('Decision')}.allowed(): bool`, (of: Decision) => of.allowed),
  declare(`${name('Decision')}.reason(): string`, (of: Decision) => of.reason),
  declare(`${name('Decision')}.errored(): bool`, () => false),
  declare(`${name('Decision')}.error(): string`, () => ''),
];

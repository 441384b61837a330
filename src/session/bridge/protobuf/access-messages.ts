// Who may do what: numbers of the fields of its protobuf messages, as `message-fields.ts` reads them.
import type { MessageTexts } from './message-fields.ts';

export const accessMessages: MessageTexts = {
  'rbac.v1': `
AggregationRule clusterRoleSelectors
ClusterRole metadata rules aggregationRule
ClusterRoleBinding metadata subjects roleRef
PolicyRule verbs apiGroups resources resourceNames nonResourceURLs
Role metadata rules
RoleBinding metadata subjects roleRef
RoleRef apiGroup kind name
Subject kind apiGroup name namespace`,
  'authentication.v1': `
BoundObjectReference kind apiVersion name uid
SelfSubjectReview metadata status
SelfSubjectReviewStatus userInfo
TokenRequest metadata spec status
TokenRequestSpec audiences boundObjectRef=3 expirationSeconds
TokenRequestStatus token expirationTimestamp
TokenReview metadata spec status
TokenReviewSpec token audiences
TokenReviewStatus authenticated user error audiences
UserInfo username uid groups extra`,
  'authorization.v1': `
FieldSelectorAttributes rawSelector requirements
LabelSelectorAttributes rawSelector requirements
LocalSubjectAccessReview metadata spec status
NonResourceAttributes path verb
NonResourceRule verbs nonResourceURLs
ResourceAttributes namespace verb group version resource subresource name fieldSelector labelSelector
ResourceRule verbs apiGroups resources resourceNames
SelfSubjectAccessReview metadata spec status
SelfSubjectAccessReviewSpec resourceAttributes nonResourceAttributes
SelfSubjectRulesReview metadata spec status
SelfSubjectRulesReviewSpec namespace
SubjectAccessReview metadata spec status
SubjectAccessReviewSpec resourceAttributes nonResourceAttributes user groups extra uid
SubjectAccessReviewStatus allowed reason evaluationError denied
SubjectRulesReviewStatus resourceRules nonResourceRules incomplete evaluationError`,
  'certificates.v1': `
CertificateSigningRequest metadata spec status
CertificateSigningRequestCondition type reason message lastUpdateTime lastTransitionTime status
CertificateSigningRequestSpec request username uid groups usages extra signerName expirationSeconds
CertificateSigningRequestStatus conditions certificate`,
  'flowcontrol.v1': `
ExemptPriorityLevelConfiguration nominalConcurrencyShares lendablePercent
FlowDistinguisherMethod type
FlowSchema metadata spec status
FlowSchemaCondition type status lastTransitionTime reason message
FlowSchemaSpec priorityLevelConfiguration matchingPrecedence distinguisherMethod rules
FlowSchemaStatus conditions
GroupSubject name
LimitResponse type queuing
LimitedPriorityLevelConfiguration nominalConcurrencyShares limitResponse lendablePercent borrowingLimitPercent
NonResourcePolicyRule verbs nonResourceURLs=6
PolicyRulesWithSubjects subjects resourceRules nonResourceRules
PriorityLevelConfiguration metadata spec status
PriorityLevelConfigurationCondition type status lastTransitionTime reason message
PriorityLevelConfigurationReference name
PriorityLevelConfigurationSpec type limited exempt
PriorityLevelConfigurationStatus conditions
QueuingConfiguration queues handSize queueLengthLimit
ResourcePolicyRule verbs apiGroups resources clusterScope namespaces
ServiceAccountSubject namespace name
Subject kind user group serviceAccount
UserSubject name`,
};

// What evaluation may cost (k8s.io/apiserver/pkg/apis/cel).

/** One call of one expression. */
export const perCallLimit = 1_000_000;
/** All rules of one request together. */
export const runtimeCostBudget = 10_000_000;

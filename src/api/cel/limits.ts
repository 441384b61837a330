// What evaluation may cost (k8s.io/apiserver/pkg/apis/cel).

/** One call of one expression. */
export const perCallLimit = 1_000_000;
/** All rules of one request together. */
export const runtimeCostBudget = 10_000_000;
/** The match conditions of one webhook or policy together. */
export const conditionsCostBudget = 2_500_000;
/** What is said when a budget is spent. */
export const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

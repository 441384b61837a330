// All English texts: every JSON file of this folder is one namespace.
export const texts = import.meta.glob<Record<string, unknown>>('./*.json', { eager: true, import: 'default' });

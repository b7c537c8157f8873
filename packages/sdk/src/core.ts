/** What is published, in one piece: the entries pick their names out of it (build/entries.mjs). */
export { publishedNames } from './published-names.ts';
export * from './index.ts';
export * from './linkedge-common-js.ts';

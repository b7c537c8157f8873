/**
 * How a changeset reads in a CHANGELOG.md: as it was written, for the user, without commit hashes. A package that follows another
 * one says which version it has with it. Named in .changeset/config.json.
 */

export default {
  getReleaseLine: ({ summary }) => {
    const [first, ...more] = summary.trim().split('\n');
    return [`- ${first}`, ...more.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
  },
  getDependencyReleaseLine: (_changesets, updated) =>
    updated.length === 0
      ? ''
      : `- Comes with ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(', ')}.`,
};

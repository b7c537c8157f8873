/**
 * A lint rule of our own: every `eslint-disable` names the rules it turns off and says why.
 *
 *     // eslint-disable-next-line no-restricted-globals -- the watchdog must run when the Clock is faked
 *
 * Reported one column before the line, where no directive can reach: a bare `eslint-disable` would otherwise
 * silence the very rule that forbids it.
 */

/** @type {import('eslint').Rule.RuleModule} */
export const explainDisable = {
  meta: {
    type: 'suggestion',
    docs: { description: 'every eslint-disable names its rules and carries its reason' },
    schema: [],
    messages: {
      unexplained: 'This eslint-disable gives no reason. Add one: `-- because …`.',
      unnamed: 'This eslint-disable turns every rule off. Name the rules it is for.',
    },
  },
  create(context) {
    return {
      Program() {
        for (const directive of context.sourceCode.getDisableDirectives().directives) {
          if (directive.type === 'enable') continue;
          const messageId =
            directive.value.trim() === ''
              ? 'unnamed'
              : (directive.justification ?? '').trim().length < 10
                ? 'unexplained'
                : undefined;
          if (messageId === undefined) continue;
          const place = context.sourceCode.getLoc(directive.node);
          context.report({ loc: { line: place.start.line, column: -1 }, messageId });
        }
      },
    };
  },
};

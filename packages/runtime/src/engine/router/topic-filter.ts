/**
 * What may be a topic and what a topic filter, by the rules of MQTT 3.1.1 and 5 (section 4.7 of both): `+` is one level, `#` at
 * the end any number of them, the level above included. Upper and lower case differ; empty levels are levels.
 */

/** Bytes of UTF-8: MQTT gives a length two bytes. */
const MAX_TOPIC_BYTES = 65_535;

/** Why nothing can be published on `topic`, as a sentence; undefined when something can. */
export function describeTopicProblem(topic: string): string | undefined {
  const wildcard = /[+#]/.exec(topic);
  if (wildcard !== null) {
    return (
      `the topic ${show(topic)} has the wildcard "${wildcard[0]}" at character ${wildcard.index + 1}: ` +
      'wildcards stand in filters, a message has one exact topic'
    );
  }
  return describeTextProblem('topic', topic);
}

/** Why `filter` is no topic filter, as a sentence; undefined when it is one. */
export function describeFilterProblem(filter: string): string | undefined {
  const problem = describeTextProblem('filter', filter);
  if (problem !== undefined) return problem;
  if (/^\$share(?:\/|$)/.test(filter))
    return `the filter ${show(filter)} is a shared subscription, which a route has no use for; leave "$share/<name>/" out`;
  let start = 0;
  for (const level of filter.split('/')) {
    const wildcard = /[+#]/.exec(level);
    const place = `at character ${start + (wildcard?.index ?? 0) + 1} of the filter ${show(filter)}`;
    if (wildcard !== null && level.length > 1)
      return `the "${wildcard[0]}" ${place} does not stand alone in its level ${show(level)}; wildcards are whole levels`;
    if (level === '#' && start + 1 < filter.length)
      return `the "#" ${place} is not the last level; use "+" for a level in the middle`;
    start += level.length + 1;
  }
  return undefined;
}

function describeTextProblem(what: 'topic' | 'filter', text: string): string | undefined {
  if (text === '') return `the ${what} is empty; it needs at least one character`;
  const nul = text.indexOf('\0');
  if (nul !== -1) return `the ${what} ${show(text)} has a NUL at character ${nul + 1}; leave it out`;
  if (!text.isWellFormed()) return `the ${what} ${show(text)} has half of a surrogate pair, which UTF-8 cannot hold`;
  // A character is at least one byte and, as UTF-16 counts, at most three.
  if (text.length * 3 <= MAX_TOPIC_BYTES) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_TOPIC_BYTES) return undefined;
  return `the ${what} ${show(text)} has ${bytes} bytes, allowed at most ${MAX_TOPIC_BYTES}`;
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

/** Time zones by their IANA names, as the platform knows them. */
import { nearestNames } from '@edgefc/sdk/internal';

/** Why `name` is no time zone, with the names it may have been meant to be; undefined when it is one. */
export function describeTimeZoneProblem(name: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    const near = nearZones(name);
    const offer = near.length > 0 ? `did you mean ${near.join(' or ')}?` : "allowed are names such as 'Asia/Shanghai'";
    return `there is no time zone ${JSON.stringify(name)}; ${offer}`;
  }
}

/** Many write the city alone. */
function nearZones(name: string): string[] {
  const zones = Intl.supportedValuesOf('timeZone');
  const cities = new Map(zones.map((zone) => [zone.slice(zone.lastIndexOf('/') + 1), zone]));
  const [city] = nearestNames(name.replaceAll(' ', '_'), cities.keys(), 1);
  const byCity = city === undefined ? undefined : cities.get(city);
  return [...new Set([...nearestNames(name, zones, 2), ...(byCity === undefined ? [] : [byCity])])];
}

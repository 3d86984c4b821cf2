/** For the `default` of a switch over a union: does not compile while a member is missing. */
export function unreachable(value: never): never {
  throw new Error(`impossible value: ${JSON.stringify(value)}`);
}

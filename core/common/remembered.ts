/**
 * A pure function of one value, whose answer is remembered for as long as the value lives. Values are never changed in place, so that the
 * very same one has the very same answer: what farms of thousands of resources have unchanged is derived once, and known again by identity.
 */
export function remembered<Value extends object, Answer>(derive: (value: Value) => Answer): (value: Value) => Answer {
  const answers = new WeakMap<Value, { readonly answer: Answer }>();
  return (value) => {
    const known = answers.get(value);
    if (known !== undefined) return known.answer;
    const answer = derive(value);
    answers.set(value, { answer });
    return answer;
  };
}

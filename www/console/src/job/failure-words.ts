/** What Uber gives as the reason of a failure, in plain words, and what can be done about it. */
interface Words {
  /** `null`: there are no words but Uber's. */
  plain: string | null;
  todo: string;
}

const KNOWN: Record<string, Words> = {
  guest_not_found: {
    plain: "Nobody is tied to this code",
    todo: "Add the guest to the program at Uber, then send the code again.",
  },
  invalid_email: {
    plain: "The recipient’s e-mail address is not valid",
    todo: "Correct the guest’s address at Uber, then send the code again.",
  },
  invalid_phone_number: {
    plain: "The recipient’s telephone number is not valid",
    todo: "Correct the guest’s number at Uber, with its country code, then send the code again.",
  },
};

export function failureWords(reason: string | null): Words {
  if (reason === null)
    return { plain: "No reason given", todo: "Look at the guests of these codes at Uber." };
  return (
    KNOWN[reason.trim().toLowerCase()] ?? {
      plain: null,
      todo: "Uber’s own words. Correct what they name at Uber, then send the code again.",
    }
  );
}

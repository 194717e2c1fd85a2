/** Explains Uber's reasons of failures and rejections in plain words, and what can be done. */
interface Words {
  /** `null`: only Uber's own words are known. */
  plain: string | null;
  todo: string;
}

const KNOWN: Record<string, Words> = {
  guest_not_found: {
    plain: "This code has no guest",
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
      todo: "Uber’s own words. Correct the problem at Uber, then send the code again.",
    }
  );
}

/** Why Uber refused a request as a whole: its own words are shown beside these. */
export function rejectionWords(status: number | null): Words {
  return status === 413
    ? {
        plain: "The request was too large for Uber",
        todo: "Ask the person who runs this worker to send smaller batches.",
      }
    : {
        plain: "Uber did not accept the request",
        todo: "Uber refuses a request as a whole, so most of its codes may be right: correct what Uber names, then distribute them again.",
      };
}

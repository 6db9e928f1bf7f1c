// The mission's Node sample; only key and id are given from outside, and the host by the SDK's own variable.

import { Resend } from "resend";

const resend = new Resend(process.env.KEY);

const { data, error } = await resend.contacts.create({
  email: "steve.wozniak@gmail.com",
  firstName: "Steve",
  lastName: "Wozniak",
  unsubscribed: false,
  audienceId: process.env.AUDIENCE,
});

if (error) throw new Error(JSON.stringify(error));
console.log(data.id);

"""Vision models behind the OpenAI chat API: one picture and a prompt in, a sentence out. No runtime and no pixels here."""

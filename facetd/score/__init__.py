"""Numbers to judgement: pixel metrics, categories, weights, penalties, aggregate."""

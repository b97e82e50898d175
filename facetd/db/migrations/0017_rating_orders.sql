-- Lists sorted by favorites and rejections.
CREATE INDEX rating_is_favorite ON rating (user_id, is_favorite, photo_id);
CREATE INDEX rating_is_rejected ON rating (user_id, is_rejected, photo_id);

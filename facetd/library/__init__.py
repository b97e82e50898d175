"""What people do with photos. Every function takes the Viewer who asks first."""
